"""AdaHessian for PyTorch: Adam's step with the Hessian's diagonal in place of the squared gradient. One folder, torch alone.

Z. Yao, A. Gholami, S. Shen, M. Mustafa, K. Keutzer, M. W. Mahoney: "ADAHESSIAN: An Adaptive Second Order Optimizer for
Machine Learning", AAAI 2021, Algorithm 1. The defaults are the authors'. For each parameter tensor p with gradient g:

    z ~ Rademacher,  d = mean over samples of z * Hz        the Hessian's diagonal, estimated (Hutchinson): curvature.py
    D = average(|d|)                                        over each convolution kernel, say: averaging.py
    m = b1 m + (1 - b1) g,    v = b2 v + (1 - b2) D^2       v only when D was estimated anew: state.py
    p = p - lr (m / (1 - b1^t) / ((v / (1 - b2^r))^(k/2) + eps) + weight_decay p)                          update.py

t counts steps, r counts estimates. The folder is licensed as agentk is (Apache-2.0) and may be copied on its own.

    optimizer = AdaHessian(model.parameters(), lr=0.15)
    for x, y in batches:
        optimizer.zero_grad()
        optimizer.backward(loss(model(x), y))     # instead of loss.backward()
        optimizer.step()
"""

from .optimizer import AdaHessian

__all__ = ["AdaHessian"]
