"""Symptoms judged: conditions over signals, delays, and rows of yes, no and unknown for the explanation."""
