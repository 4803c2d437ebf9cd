"""The notifier: reads standings, decides whom to tell, and mails the head of a region once for each change."""
