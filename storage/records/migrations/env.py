"""What Alembic runs for every command: the steps on the connection that `storage.records.migrate` hands over.

The connection is inside a transaction already, so several steps succeed or fail as one.
"""

from alembic import context

from storage.records.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
