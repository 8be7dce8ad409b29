"""The Streamlit viewer and the routes beside it."""
