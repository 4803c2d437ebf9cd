"""The stages of the notifier's pipelines, one small file each."""
