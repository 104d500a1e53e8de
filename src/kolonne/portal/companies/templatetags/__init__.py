"""Template tags of user management."""
