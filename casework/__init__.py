"""What people do about cold homes: tickets with their promises, duplicates and links to incidents. No web in it."""
