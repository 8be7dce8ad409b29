"""What is kept: schema, migrations, queries and media files. The one door is :mod:`pipeline.store.library`."""
