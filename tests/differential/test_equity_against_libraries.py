"""500 random cases each against QuantLib, and fewer against slower references; every difference has its reason here.

Run by `make oracles`, which installs the `oracles` group; plain `make test` does not collect this folder.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import mpmath
import numpy as np
import pytest
from scipy import integrate, optimize, stats

from tokenworth.valuation.marketability import chaffe_discount, finnerty_discount, longstaff_bound
from tokenworth.valuation.option_holding import CALL_NODES_EXACT, CALL_NODES_SIMULATED, call_certainty_equivalent
from tokenworth.valuation.option_lattice import hull_white_value
from tokenworth.valuation.options import black_scholes_call, black_scholes_put, hull_white_trinomial

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # SWIG's own types lack __module__
    import QuantLib as ql  # noqa: N813 - the name its manual uses
    from esovalue import value_eso

CASES = 500
DAY = ql.Date(2, 1, 2026)
COUNT = ql.Actual365Fixed()
ql.Settings.instance().evaluationDate = DAY


@dataclass
class Cases:
    """Random options: one array a field; whole days to expiry, since QuantLib counts them."""

    price: np.ndarray
    strike: np.ndarray
    days: np.ndarray
    volatility: np.ndarray
    rate: np.ndarray
    dividend_yield: np.ndarray
    multiple: np.ndarray

    @property
    def years(self):
        return self.days / 365.0

    def market(self):
        return {"volatility": self.volatility, "rate": self.rate, "dividend_yield": self.dividend_yield}

    def process(self, i):
        def curve(rate):
            return ql.YieldTermStructureHandle(ql.FlatForward(DAY, float(rate), COUNT))

        volatility = ql.BlackConstantVol(DAY, ql.NullCalendar(), float(self.volatility[i]), COUNT)
        return ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(float(self.price[i]))),
            curve(self.dividend_yield[i]),
            curve(self.rate[i]),
            ql.BlackVolTermStructureHandle(volatility),
        )

    def payoff(self, i, kind=ql.Option.Call):
        return ql.PlainVanillaPayoff(kind, float(self.strike[i]))

    def expiry(self, i):
        return DAY + int(self.days[i])

    def priced(self, option, engine, i):
        option.setPricingEngine(engine(self.process(i)))
        return option.NPV()


@pytest.fixture(scope="module")
def cases():
    rng = np.random.default_rng(2004)
    return Cases(
        price=rng.uniform(5, 200, CASES),
        strike=rng.uniform(5, 200, CASES),
        days=rng.integers(200, 3650, CASES),
        volatility=rng.uniform(0.15, 1.0, CASES),
        rate=rng.uniform(0.0, 0.09, CASES),
        dividend_yield=rng.uniform(0.0, 0.06, CASES),
        multiple=rng.uniform(1.2, 4.0, CASES),
    )


@pytest.mark.parametrize(
    ("ours", "kind"), [(black_scholes_call, ql.Option.Call), (black_scholes_put, ql.Option.Put)], ids=["call", "put"]
)
def test_black_scholes_is_quantlibs_to_the_last_digits(cases, ours, kind):
    found = ours(cases.price, cases.strike, years=cases.years, **cases.market())
    expected = [
        cases.priced(
            ql.VanillaOption(cases.payoff(i, kind), ql.EuropeanExercise(cases.expiry(i))), ql.AnalyticEuropeanEngine, i
        )
        for i in range(CASES)
    ]
    # Both are the closed form: they differ by rounding.
    assert found == pytest.approx(np.array(expected), rel=1e-10, abs=1e-10)


def test_without_exits_or_a_multiple_the_lattice_is_the_european_option(cases):
    found = hull_white_value(cases.price, cases.strike, expiry_years=cases.years, steps=400, **cases.market())
    expected = black_scholes_call(cases.price, cases.strike, years=cases.years, **cases.market())
    # The lattice's step, widest at the highest volatilities over the longest lives; a finer one comes closer.
    off = np.abs(found - expected) / cases.price
    assert np.quantile(off, 0.95) < 2e-4
    assert off.max() < 5e-4
    finer = hull_white_value(cases.price, cases.strike, expiry_years=cases.years, steps=1600, **cases.market())
    assert (np.abs(finer - expected) / cases.price).max() < 1e-4


def test_exercise_at_a_multiple_is_quantlibs_barrier_option_with_a_rebate(cases):
    start = np.minimum(cases.price, cases.strike * cases.multiple * 0.97)
    found = hull_white_value(
        start,
        cases.strike,
        expiry_years=cases.years,
        exercise_multiple=cases.multiple,
        steps=1000,
        **cases.market(),
    )
    below = Cases(**{**vars(cases), "price": start})
    expected = []
    for i in range(CASES):
        barrier = float(cases.strike[i] * cases.multiple[i])
        option = ql.BarrierOption(
            ql.Barrier.UpOut,
            barrier,
            barrier - float(cases.strike[i]),
            below.payoff(i),
            ql.EuropeanExercise(cases.expiry(i)),
        )
        expected.append(below.priced(option, ql.AnalyticBarrierEngine, i))
    off = np.abs(found - np.array(expected)) / start
    # QuantLib's is a closed form: what is left is the lattice's step, largest where the multiple is near 1.
    assert np.quantile(off, 0.95) < 2e-4
    assert off.max() < 2e-3


def test_no_rule_of_exercise_is_worth_more_than_the_best_one(cases):
    rng = np.random.default_rng(7)
    found = hull_white_value(
        cases.price,
        cases.strike,
        expiry_years=cases.years,
        exercise_multiple=cases.multiple,
        exit_hazard=rng.uniform(0, 0.3, CASES),
        vesting_years=rng.uniform(0, 0.4, CASES) * cases.years,
        **cases.market(),
    )
    best = np.array(
        [
            cases.priced(
                ql.VanillaOption(cases.payoff(i), ql.AmericanExercise(DAY, cases.expiry(i))),
                lambda process: ql.QdFpAmericanEngine(process),  # noqa: PLW0108 - the constructor is overloaded
                i,
            )
            for i in range(CASES)
        ]
    )
    # An American option is exercised when that is best; employees lose some and exercise early. Never the reverse.
    assert (found <= best + 1e-3 * cases.price).all()


def test_the_published_lattice_is_esovalues_to_the_last_digits():
    rng = np.random.default_rng(11)
    for _ in range(20):
        strike, price = rng.uniform(10, 90, 2)
        sigma, exits, multiple = rng.uniform(0.2, 0.6), rng.uniform(0, 0.15), rng.uniform(1.3, 3.5)
        rate, dividends = rng.uniform(0.01, 0.08), rng.uniform(0, 0.03)
        vest, expiry = float(rng.integers(0, 4)), float(rng.integers(5, 11))
        expected = value_eso(strike, price, sigma, rate, dividends, exits, vest, expiry, 40, multiple)
        found = hull_white_trinomial(
            price,
            strike,
            volatility=sigma,
            rate=rate,
            dividend_yield=dividends,
            exit_hazard=math.log1p(exits),
            vesting_years=vest,
            expiry_years=expiry,
            exercise_multiple=multiple,
            steps=40,
        )
        # 100 digits against float64; its exit rate is an effective yearly one.
        assert float(found) == pytest.approx(float(expected), rel=1e-9)


def test_chaffe_is_a_quantlib_put_at_the_money(cases):
    found = chaffe_discount(cases.years, cases.volatility, cases.rate, cases.dividend_yield)
    level = Cases(**{**vars(cases), "price": np.ones(CASES), "strike": np.ones(CASES)})
    expected = [
        level.priced(
            ql.VanillaOption(level.payoff(i, ql.Option.Put), ql.EuropeanExercise(level.expiry(i))),
            ql.AnalyticEuropeanEngine,
            i,
        )
        for i in range(CASES)
    ]
    assert found == pytest.approx(np.array(expected), abs=1e-12)


def test_longstaff_is_a_quantlib_lookback_put(cases):
    found = longstaff_bound(cases.years, cases.volatility)
    still = Cases(
        **{
            **vars(cases),
            "price": np.ones(CASES),
            "rate": np.full(CASES, 1e-6),
            "dividend_yield": np.zeros(CASES),
        }
    )
    expected = []
    for i in range(CASES):
        option = ql.ContinuousFloatingLookbackOption(
            1.0, ql.FloatingTypePayoff(ql.Option.Put), ql.EuropeanExercise(cases.expiry(i))
        )
        expected.append(still.priced(option, ql.AnalyticContinuousFloatingLookbackEngine, i))
    # Longstaff's rate is 0, at which QuantLib's formula divides by it: a rate of 1e-6 a year is what is left.
    assert found == pytest.approx(np.array(expected), abs=1e-4)


def test_finnerty_is_the_integral_of_its_payoff(cases):
    for i in range(0, CASES, 5):
        x = mpmath.mpf(float(cases.volatility[i])) ** 2 * mpmath.mpf(float(cases.years[i]))
        variance = x + mpmath.log(2 * (mpmath.exp(x) - x - 1)) - 2 * mpmath.log(mpmath.exp(x) - 1)
        v = mpmath.sqrt(variance)

        def gain(z, v=v):
            return (mpmath.exp(v * z - v * v / 2) - 1) * mpmath.npdf(z)

        expected = mpmath.quad(gain, [v / 2, v / 2 + 4, v / 2 + 12])
        found = finnerty_discount(cases.years[i], cases.volatility[i])
        assert float(found) == pytest.approx(float(expected), abs=1e-10)


@pytest.mark.parametrize(("nodes", "tolerance"), [(CALL_NODES_EXACT, 1e-5), (CALL_NODES_SIMULATED, 0.02)])
def test_the_certainty_equivalent_of_a_call_is_scipys(cases, nodes, tolerance):
    rng = np.random.default_rng(5)
    for i in range(0, CASES, 5):
        count, wealth = rng.uniform(100, 20_000), rng.uniform(5e4, 2e6)
        gamma, drift = rng.uniform(0.5, 4.0), rng.uniform(0, 0.08)
        price, strike, t, sigma = (float(v[i]) for v in (cases.price, cases.strike, cases.years, cases.volatility))
        sd = sigma * math.sqrt(t)

        def utility(w, gamma=gamma):
            return math.log(w) if abs(gamma - 1) < 1e-9 else w ** (1 - gamma) / (1 - gamma)

        def outcome(z, price=price, strike=strike, drift=drift, t=t, sd=sd, count=count, wealth=wealth):
            return wealth + count * max(price * math.exp(drift * t - sd * sd / 2 + sd * z) - strike, 0.0)

        edge = (math.log(strike / price) - drift * t + sd * sd / 2) / sd
        pieces = [(-12, edge), (edge, max(edge, 0) + 3), (max(edge, 0) + 3, max(edge, 0) + 14)]
        expected_utility = sum(
            integrate.quad(
                lambda z, u=utility, o=outcome: u(o(z)) * stats.norm.pdf(z), low, high, epsabs=0, epsrel=1e-12
            )[0]
            for low, high in pieces
            if low < high
        )
        gain = optimize.brentq(
            lambda c, u=utility, e=expected_utility, w=wealth: u(w + c) - e,
            0,
            count * price * 1e6,
            xtol=1e-9,
            rtol=1e-14,
        )
        found = call_certainty_equivalent(
            count,
            price=price,
            strike=strike,
            wealth=wealth,
            years=t,
            drift=drift,
            volatility=sigma,
            gamma=gamma,
            nodes=nodes,
        )
        # Prices more than five standard deviations up are left out; in a simulation ten nodes do.
        assert float(found) == pytest.approx(gain, rel=tolerance, abs=1e-3)
