"""What can be taken away from the pages: tables as CSV and XLSX, and the printable report of a region.

All figures come from the :class:`~services.aggregator.reading.reader.Reader`, as those of the pages do.
"""
