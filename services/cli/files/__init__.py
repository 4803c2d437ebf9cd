"""Spreadsheets and delimited text as sources of events about citizens: one row, one event.

``reading`` opens a file, ``columns`` says which column is which field, ``events`` makes the event of a row,
``refused`` keeps rows to be corrected, ``resume`` how far a file was sent, ``templates`` writes files to fill in.
"""
