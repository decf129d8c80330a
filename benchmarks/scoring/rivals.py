"""Other ways to run a LightGBM model, each as it is best used: a model's text in, a function of rows out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .world import N_FEATURES, Matrix

__all__ = ["lleaves_margin", "onnxruntime_margin", "treelite_margin", "woodelf_contributions"]

Floats = npt.NDArray[np.float64]
Score = Callable[[Matrix], Floats]


def onnxruntime_margin(text: str) -> Score:
    """ONNX Runtime on the model that onnxmltools makes; as a regression, so that its output is the margin."""
    import lightgbm as lgb
    import onnxruntime as ort
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    booster = lgb.Booster(model_str=text.replace("objective=binary sigmoid:1", "objective=regression"))
    booster.params["objective"] = "regression"
    model = convert_lightgbm(booster, initial_types=[("rows", FloatTensorType([None, N_FEATURES]))])
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda X: np.asarray(session.run(None, {"rows": X})[0], np.float64).ravel()


def treelite_margin(text: str) -> Score:
    """Treelite's general inference."""
    import lightgbm as lgb
    import treelite

    model = treelite.frontend.from_lightgbm(lgb.Booster(model_str=text))
    return lambda X: np.asarray(treelite.gtil.predict(model, X, nthread=1, pred_margin=True), np.float64).ravel()


def lleaves_margin(text: str) -> Score:
    """The trees as machine code by lleaves, which says on import what it needs."""
    import lleaves

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.txt"
        path.write_text(text)
        model = lleaves.Model(model_file=path)
        model.compile(raw_score=True)
    return lambda X: np.asarray(model.predict(X, n_jobs=1), np.float64)


def woodelf_contributions(text: str) -> Score:
    """Woodelf's path-dependent contributions, and the expected margin behind them."""
    import lightgbm as lgb
    import pandas as pd
    from woodelf import WoodelfExplainer

    explainer = WoodelfExplainer(lgb.Booster(model_str=text), feature_perturbation="tree_path_dependent")
    names = [f"Column_{place}" for place in range(N_FEATURES)]

    def explained(X: Matrix) -> Floats:
        values = np.asarray(explainer.shap_values(pd.DataFrame(X, columns=names))).reshape(len(X), N_FEATURES)
        return np.column_stack([values, np.full(len(X), np.ravel(explainer.expected_value)[-1])])

    return explained
