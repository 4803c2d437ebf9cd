"""The stages of a telling, one small file each, in the order of app.py."""
