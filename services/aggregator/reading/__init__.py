"""Answers about regions, put together from what is stored with the pure functions: what the API and the pages show.

``reader`` bundles what can be asked, one module for each kind of question: ``regions``, ``standings``, ``briefings``,
``work``, ``reported``. Whatever these answer is without the counts that are hidden, and nobody outside asks past them.
Behind them ``shelved``, ``rows`` and ``served`` have the figures as they are; ``hidden`` and ``suppressed`` say what is
told of them.
"""
