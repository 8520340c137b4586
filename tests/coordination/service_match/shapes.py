"""Made-up areas."""


def square(south, west, size):
    """Return a square of GeoJSON, by its lowest corner."""
    north, east = round(south + size, 6), round(west + size, 6)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
