# SPDX-License-Identifier: MIT
"""A grid search over the machines of a Ray cluster, by scikit-learn's own means: the estimators are ordinary ones.

`python examples/grid_search_ray.py` starts two worker processes on this machine; give the address of a running cluster
(`host:6379`, or `auto`) to use that instead. Each machine needs gradus installed.
"""

import sys

import joblib
import ray
from gradus.sklearn import MLPClassifier
from ray.util.joblib import register_ray
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else None
    settings = {} if address else {"num_cpus": 2, "include_dashboard": False}
    X, y = load_digits(return_X_y=True)
    pipeline = make_pipeline(MinMaxScaler(), MLPClassifier(max_iter=15, random_state=0))
    grid = {
        "mlpclassifier__hidden_layer_sizes": [(16,), (32,)],
        "mlpclassifier__learning_rate_init": [1e-3, 1e-2],
        "mlpclassifier__activation": ["relu", "gelu"],
    }
    search = GridSearchCV(pipeline, grid, cv=3)
    register_ray()
    with ray.init(address, **settings), joblib.parallel_backend("ray"):
        search.fit(X, y)
    print(f"best of {len(search.cv_results_['params'])}: {search.best_score_:.3f} with")
    for name, value in search.best_params_.items():
        print(f"  {name.removeprefix('mlpclassifier__')} = {value}")


if __name__ == "__main__":
    main()
