"""The bus as operators set it up: who may do what on it, and the streams before the first start."""
