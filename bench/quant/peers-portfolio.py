"""Times and answers of scipy and cvxopt on portfolio problems. Jobs as JSON on stdin, one JSON line per job on stdout.

A job: {"kind", "n", "size", "file", "repeats", ...}; the file holds the sample (size x n, row by row) or the covariance (n x n)
as little-endian doubles. Objectives are in the units of the file.
"""
import json
import statistics
import sys
import time

import numpy as np


def timed(action, repeats):
    times = []
    answer = None
    for _ in range(repeats):
        started = time.perf_counter()
        answer = action()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times), answer


def cvar(losses, alpha):
    """Rockafellar and Uryasev's, fraction of the last tail observation included."""
    ordered = np.sort(losses)[::-1]
    tail = alpha * len(losses)
    whole = int(np.floor(tail))
    total = ordered[:whole].sum()
    if whole < len(ordered):
        total += (tail - whole) * ordered[whole]
    return total / tail


def cvar_linear_programme(job, returns):
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix, hstack, identity

    size, n = returns.shape
    alpha = job["alpha"]

    def solve():
        cost = np.concatenate([np.zeros(n), [1.0], np.full(size, 1 / (alpha * size))])
        rows = hstack([csr_matrix(-returns), csr_matrix(-np.ones((size, 1))), -identity(size)], format="csr")
        budget = np.concatenate([np.ones(n), np.zeros(size + 1)])[None, :]
        bounds = [(0, 1)] * n + [(None, None)] + [(0, None)] * size
        found = linprog(cost, A_ub=rows, b_ub=np.zeros(size), A_eq=budget, b_eq=[1.0], bounds=bounds, method="highs")
        return found.x[:n], bool(found.success)

    return solve


def cvar_slsqp(job, returns):
    from scipy.optimize import minimize

    n = returns.shape[1]
    percent = 100 * job["alpha"]

    def objective(weights):
        portfolio = returns @ weights
        return -portfolio[portfolio <= np.percentile(portfolio, percent)].mean()

    def solve():
        found = minimize(
            objective,
            np.full(n, 1 / n),
            method="SLSQP",
            bounds=[(0, 1)] * n,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        )
        return found.x, bool(found.success)

    return solve


class Entropic:
    """EVaR over (weights, t) with derivatives, losses in units of their standard deviation."""

    def __init__(self, returns, alpha):
        self.unit = returns.std()
        self.returns = returns / self.unit
        self.log_alpha = np.log(alpha)

    def parts(self, weights, t):
        losses = -self.returns @ weights
        most = losses.max()
        raised = np.exp((losses - most) / t)
        mean = raised.mean()
        q = raised / raised.sum()
        log_mean = np.log(mean) + most / t
        return losses, q, log_mean

    def value(self, weights):
        from scipy.optimize import minimize_scalar

        found = minimize_scalar(
            lambda s: np.exp(s) * (self.parts(weights, np.exp(s))[2] - self.log_alpha),
            bounds=(-12, 6),
            method="bounded",
            options={"xatol": 1e-12},
        )
        return found.fun * self.unit


def evar_slsqp(job, returns):
    from scipy.optimize import minimize

    entropic = Entropic(returns, job["alpha"])
    n = returns.shape[1]

    def objective(x):
        t = np.exp(x[n])
        losses, q, log_mean = entropic.parts(x[:n], t)
        slope = np.empty(n + 1)
        slope[:n] = -q @ entropic.returns
        slope[n] = t * (log_mean - entropic.log_alpha) - q @ losses
        return t * (log_mean - entropic.log_alpha), slope

    def solve():
        normal = np.concatenate([np.ones(n), [0.0]])
        found = minimize(
            objective,
            np.concatenate([np.full(n, 1 / n), [-1.0]]),
            jac=True,
            method="SLSQP",
            bounds=[(0, 1)] * n + [(-12, 6)],
            constraints={"type": "eq", "fun": lambda x: x[:n].sum() - 1, "jac": lambda x: normal},
            options={"ftol": 1e-12, "maxiter": 1000},
        )
        return found.x[:n], bool(found.success)

    return solve


def evar_cvxopt(job, returns):
    from cvxopt import matrix, solvers, spmatrix

    solvers.options["show_progress"] = False
    entropic = Entropic(returns, job["alpha"])
    n = returns.shape[1]

    def functions(x=None, z=None):
        if x is None:
            return 0, matrix([1 / n] * n + [0.4])
        point = np.array(x).ravel()
        t = point[n]
        if t <= 1e-9:
            return None
        losses, q, log_mean = entropic.parts(point[:n], t)
        gradient = -q @ entropic.returns
        mean = q @ losses
        slope = np.concatenate([gradient, [log_mean - entropic.log_alpha - mean / t]])
        value = t * (log_mean - entropic.log_alpha)
        if z is None:
            return matrix([value]), matrix(slope[None, :])
        centred = -entropic.returns - gradient
        weighted = centred * q[:, None]
        curved = np.empty((n + 1, n + 1))
        curved[:n, :n] = centred.T @ weighted / t
        curved[n, :n] = curved[:n, n] = -(weighted.T @ (losses - mean)) / t**2
        curved[n, n] = q @ (losses - mean) ** 2 / t**3
        return matrix([value]), matrix(slope[None, :]), z[0] * matrix(curved)

    def solve():
        bounds = spmatrix(-1.0, range(n + 1), range(n + 1))
        limits = matrix([0.0] * n + [-1e-8])
        budget = matrix([1.0] * n + [0.0], (1, n + 1))
        try:
            found = solvers.cp(functions, bounds, limits, A=budget, b=matrix([1.0]))
        except (ArithmeticError, ValueError):
            return np.full(n, 1 / n), False
        return np.array(found["x"]).ravel()[:n], found["status"] == "optimal"

    return solve


def variance_cvxopt(job, covariance):
    from cvxopt import matrix, solvers, spmatrix

    solvers.options["show_progress"] = False
    n = covariance.shape[0]

    def solve():
        rows = spmatrix([-1.0] * n + [1.0] * n, list(range(2 * n)), list(range(n)) * 2)
        limits = matrix([0.0] * n + [job["cap"]] * n)
        budget = matrix(1.0, (1, n))
        found = solvers.qp(matrix(covariance), matrix(0.0, (n, 1)), rows, limits, budget, matrix(1.0))
        return np.array(found["x"]).ravel(), found["status"] == "optimal"

    return solve


def limited_variance_cvxopt(job, covariance):
    """Groups, turnover by buys and sells, and a target return: x = (w, buy, sell)."""
    from cvxopt import matrix, solvers, spmatrix

    solvers.options["show_progress"] = False
    n = covariance.shape[0]
    mu = np.array(job["mu"])
    groups = job["groups"]

    def solve():
        quadratic = spmatrix(
            covariance.ravel(), np.repeat(np.arange(n), n), np.tile(np.arange(n), n), (3 * n, 3 * n)
        )
        values, rows, columns, limits = [], [], [], []

        def row(entries, limit):
            for column, value in entries:
                values.append(float(value))
                rows.append(len(limits))
                columns.append(int(column))
            limits.append(float(limit))

        for i in range(3 * n):
            row([(i, -1)], 0)
        for i in range(n):
            row([(i, 1)], job["cap"])
        for g in range(groups):
            row([(i, 1) for i in range(g, n, groups)], job["groupCap"])
        row([(n + i, 0.5) for i in range(2 * n)], job["turnover"])
        row([(i, -mu[i]) for i in range(n)], -job["target"])
        equal_values = [1.0] * n
        equal_rows = [0] * n
        equal_columns = list(range(n))
        for i in range(n):
            equal_values += [1.0, -1.0, 1.0]
            equal_rows += [i + 1] * 3
            equal_columns += [i, n + i, 2 * n + i]
        found = solvers.qp(
            quadratic,
            matrix(0.0, (3 * n, 1)),
            spmatrix(values, rows, columns, (len(limits), 3 * n)),
            matrix(limits),
            spmatrix(equal_values, equal_rows, equal_columns, (n + 1, 3 * n)),
            matrix([1.0] + [1 / n] * n),
        )
        return np.array(found["x"]).ravel()[:n], found["status"] == "optimal"

    return solve


def shrinkage_sklearn(job, returns):
    from sklearn.covariance import ledoit_wolf, oas

    return lambda: (np.array([ledoit_wolf(returns)[1], oas(returns)[1]]), True)


KINDS = {
    "cvar-highs": cvar_linear_programme,
    "cvar-slsqp": cvar_slsqp,
    "evar-cvxopt": evar_cvxopt,
    "evar-slsqp": evar_slsqp,
    "variance-cvxopt": variance_cvxopt,
    "limited-cvxopt": limited_variance_cvxopt,
    "shrinkage-sklearn": shrinkage_sklearn,
}


def value_of(job, data, weights):
    if job["kind"].startswith("cvar"):
        return cvar(-data @ weights, job["alpha"])
    if job["kind"].startswith("evar"):
        return Entropic(data, job["alpha"]).value(weights)
    if job["kind"] == "shrinkage-sklearn":
        return None
    return weights @ data @ weights


for line in sys.stdin:
    if not line.strip():
        continue
    job = json.loads(line)
    answer = {"id": job["id"], "kind": job["kind"]}
    try:
        data = np.fromfile(job["file"], dtype="<f8").reshape(job["size"], job["n"])
        if "scale" in job:
            data = data * job["scale"]
        solve = KINDS[job["kind"]](job, data)
        milliseconds, (weights, success) = timed(solve, job["repeats"])
        answer.update(milliseconds=milliseconds, success=success, weights=weights.tolist())
        answer["value"] = value_of(job, data, weights)
    except ImportError as missing:
        answer["missing"] = str(missing)
    print(json.dumps(answer), flush=True)
