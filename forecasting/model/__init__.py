"""The forecast itself: population, plans, placements, costs, run in that order."""

import scipy.linalg  # noqa: F401  the library whose threads are set below has to be there
from threadpoolctl import threadpool_limits

# Matrices of the engine are small. Several threads on one of them wait for each other, and where processors are busy
# with other users that wait takes far longer than the sum (docs/decisions/0032).
threadpool_limits(limits=1, user_api="blas")
