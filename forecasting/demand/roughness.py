"""How rough a history is from period to period, which its draws are to be as well."""

from __future__ import annotations

import numpy as np

from forecasting.demand.models.window import mean_of, products
from forecasting.series import FloatArray


def roughness(adjusted: FloatArray) -> FloatArray:
    """Standard deviations (N, 2) of the noise that does not carry over and of the walk's steps,
    from
    the changes of deseasonalised histories (N, T) on the working scale.

    Changes of a walk with noise have the variance walk^2 + 2 noise^2 and the covariance -noise^2
    at lag 1.
    """
    changes = np.diff(adjusted, axis=1)
    centred = changes - mean_of(changes)[:, None]
    variance = mean_of(centred * centred)
    beside = products(centred[:, 1:], centred[:, :-1]) / max(centred.shape[1] - 1, 1)
    noise = np.clip(-beside, 0.0, variance / 2)
    sizes: FloatArray = np.sqrt(np.stack([noise, variance - 2 * noise], axis=1))
    return sizes
