"""The tables by which services are found that could meet a need.

They say nothing that directories do not, and are made from them again at any time:
`directory_index` has up to which version of each feed they are.
"""

from sqlalchemy import BigInteger, Column, Float, Index, LargeBinary, Table, Text

from hub.store.metadata import metadata

#: Up to which version of a feed its services can be found.
directory_index = Table(
    "directory_index",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: What matching looks at of each service: `facts` is an `OfferFacts` as MessagePack.
directory_offer = Table(
    "directory_offer",
    metadata,
    Column("key", Text, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Index("ix_directory_offer_feed", "feed", "key"),
)

#: By which terms, and in which cells of the grid, services are found. Those of cell -1
#: can be reached from anywhere; `latitude` and `longitude` are those of a place in the
#: cell, NULL where there is none.
directory_offer_term = Table(
    "directory_offer_term",
    metadata,
    Column("term", Text, primary_key=True),
    Column("cell", BigInteger, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("latitude", Float),
    Column("longitude", Float),
    Index("ix_directory_offer_term_key", "key"),
    sqlite_with_rowid=False,
)

#: Whom services serve, as shapes (WKB) by their digest: many serve the same county.
directory_shape = Table(
    "directory_shape",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("shape", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Where the locations of directories are, as far as that is known and no secret: the
#: middles of postcodes are learnt from them. `site` is a `Site` as MessagePack.
directory_site = Table(
    "directory_site",
    metadata,
    Column("key", Text, primary_key=True),
    Column("feed", Text, nullable=False),
    Column("country", Text, nullable=False, server_default=""),
    Column("postcode", Text, nullable=False, server_default=""),
    Column("city", Text, nullable=False, server_default=""),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("site", LargeBinary, nullable=False),
    Index("ix_directory_site_postcode", "postcode", "country"),
    Index("ix_directory_site_city", "city"),
    Index("ix_directory_site_feed", "feed", "key"),
)
