"""Who may see the pages and the read API: everybody, who has a signed link, or who signs in (``LAJU_ACCESS``).

``gate.py`` stands in front of every route and is the only place that lets a request through or not. ``rules.py`` says
which regions a request is about and is pure; links and sessions are the same kind of token (``shared/passes.py``).
"""
