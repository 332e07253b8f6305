"""What judging learns of each object: windows of the last hours, normals, curves, the weekly schedule.

Everything enters once per slot of 300 s, so that a live house and a judged history learn the same.
"""
