"""The report of a region on one sheet of A4, to be printed, filed and handed over."""
