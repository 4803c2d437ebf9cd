"""The pages: what a head sees on a phone. Rendered here, usable without JavaScript, in Indonesian or English.

A page is a view, a plain value made by a pure function from what the reader answers, and a template that only lays it
out. Words lie in ``words/``, one file a language; figures come from the same functions as the read API's.
"""
