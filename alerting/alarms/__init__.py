"""What becomes of a transition: the alarm book, the life cycle, inhibition, reminders and incidents."""
