"""The pages in a real browser: every page at the width of a phone and of a desk, live, by keyboard, without scripts."""
