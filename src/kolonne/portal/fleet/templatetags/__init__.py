"""Template tags of the list of vans."""
