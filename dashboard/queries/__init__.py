"""What is read for people: view models, and the queries that fill them with the access filter inside."""
