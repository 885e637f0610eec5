"""The world on a database server of the tests' own."""

import pytest

from tests.server.cluster import Cluster
from tests.world.stores import Schemas


@pytest.fixture(scope="session")
def schemas(cluster: Cluster) -> Schemas:
    return Schemas(lambda schema: cluster.url(schema=schema))
