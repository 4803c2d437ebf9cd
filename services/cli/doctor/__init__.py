"""What ``laju doctor`` looks at: one module for each part of an installation, each giving findings."""
