"""The screens, one a file. Streamlit runs a file from top to bottom whenever something on its screen changes."""
