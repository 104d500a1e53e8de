"""Roads to drive on: a *way* is a named road as drawn on a map, an *edge* one direction of it between two junctions.

Ways come from an OpenStreetMap extract (`osm`) or from an invented town (`town`); `build` makes the same network of
either. Positions are (latitude, longitude) in degrees, lengths are metres, speeds km/h, headings degrees from north.
"""
