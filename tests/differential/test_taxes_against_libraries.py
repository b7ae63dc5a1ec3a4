"""500 random incomes each against taxcalc, tenforty and lohnsteuer-bmf; every difference has a named rule here.

Run by `make oracles`, which installs the `oracles` group; plain `make test` does not collect this folder.
"""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import taxcalc
from lohnsteuer_bmf import berechne_lohnsteuer_pap

from tokenworth.assumptions.tax_tables import load_tax_tables, tax_curve
from tokenworth.valuation.brackets import earned_income_credit, income_tax, income_tax_on_return
from tokenworth.valuation.german_tax import german_income_tax, german_taxable_wages, solidarity_surcharge
from tokenworth.valuation.payroll import employee_payroll_tax
from tokenworth.valuation.tax_curve import gross_salary_equivalent

# taxcalc compiles its formulas at the first use in a process.
pytestmark = pytest.mark.timeout(600)

CASES = 500
SEED = 20261125
FILINGS = ("single", "mfj")


def incomes(seed, most):
    """Half of them even from nothing to 400,000, half log-even up to the most; whole dollars."""
    draw = np.random.default_rng(seed)
    low = draw.uniform(0.0, 400_000.0, CASES // 2)
    high = np.exp(draw.uniform(np.log(5_000.0), np.log(most), CASES - CASES // 2))
    return np.floor(np.concatenate([low, high]))


def by_taxcalc(year, filing, wages):
    """Income tax (refundable credits paid out) and the employee's payroll tax, one return each."""
    table = pd.DataFrame(
        {
            "RECID": np.arange(1, len(wages) + 1),
            "MARS": 1 + FILINGS.index(filing),
            "FLPDYR": year,
            "e00200": wages,
            "e00200p": wages,
            "e00200s": 0.0,
        }
    )
    records = taxcalc.Records(data=table, start_year=year, gfactors=None, weights=None, adjust_ratios=None)
    policy = taxcalc.Policy()
    # Rule: by default taxcalc draws who claims the earned income credit; here everybody does.
    policy.implement_reform({"eitc_claim_prob_scale": {2025: 9e99}})
    calculator = taxcalc.Calculator(policy=policy, records=records)
    calculator.advance_to_year(year)
    calculator.calc_all()
    additional = calculator.array("ptax_amc")
    # `payrolltax` holds both halves and the additional Medicare tax, which has no employer's half.
    return calculator.array("iitax"), (calculator.array("payrolltax") - additional) / 2.0 + additional


@pytest.mark.parametrize("filing", FILINGS)
@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.filterwarnings("ignore")
def test_federal_income_tax_and_fica_are_taxcalcs_to_a_cent(year, filing):
    wages = incomes(SEED + year, 20e6)
    tables = load_tax_tables(year, filing)
    their_tax, their_payroll = by_taxcalc(year, filing, wages)
    own = income_tax(tables.federal, wages) - earned_income_credit(tables.federal, wages)
    assert np.abs(own - their_tax).max() < 0.01
    assert np.abs(employee_payroll_tax(tables.payroll, wages) - their_payroll).max() < 0.01


@pytest.mark.filterwarnings("ignore")
def test_the_equivalent_salary_leaves_what_taxcalc_says_the_benefit_leaves():
    """No rule needed: above the earned income credit, which no curve has."""
    draw = np.random.default_rng(SEED)
    wages = np.floor(draw.uniform(40_000.0, 900_000.0, CASES))
    imputed = np.floor(draw.uniform(0.0, 200_000.0, CASES))
    worth = np.floor(draw.uniform(0.0, 100_000.0, CASES))
    salary = gross_salary_equivalent(tax_curve(load_tax_tables(2026, "single")), wages, worth, imputed)
    both = {}
    for name, paid in (("benefit", wages + imputed), ("salary", wages + salary)):
        tax, payroll = by_taxcalc(2026, "single", paid)
        both[name] = tax + payroll
    left_with_benefit = wages + worth - both["benefit"]
    left_with_salary = wages + salary - both["salary"]
    kept = wages + salary > 25_000.0
    assert kept.sum() > 0.95 * CASES
    assert np.abs(left_with_benefit - left_with_salary)[kept].max() < 0.01


ASK_TENFORTY = """
import json, sys
from tenforty import evaluate_return
state, filing, wages = json.load(sys.stdin)
answers = [evaluate_return(year=2025, state=state, filing_status=filing, w2_income=each) for each in wages]
json.dump([[a.federal_total_tax, a.state_total_tax] for a in answers], sys.stdout)
"""


def by_tenforty(state, filing, wages):
    """Federal and state tax of one return each, in a process of its own: its C code ends the process on some inputs."""
    asked = json.dumps([state, {"single": "Single", "mfj": "Married/Joint"}[filing], list(wages)])
    run = subprocess.run([sys.executable, "-c", ASK_TENFORTY], input=asked, capture_output=True, text=True, check=True)
    federal, by_state = np.array(json.loads(run.stdout)).T
    return federal, by_state


@pytest.mark.parametrize("filing", FILINGS)
def test_a_federal_return_is_tenfortys_to_a_dollar(filing):
    """Rule: tenforty counts the additional Medicare tax with income tax, and pays no earned income credit."""
    wages = incomes(SEED + 1, 10e6)
    tables = load_tax_tables(2025, filing)
    theirs, _ = by_tenforty("TX", filing, wages)
    payroll = tables.payroll
    additional = payroll.additional_rate * np.maximum(wages - payroll.additional_threshold, 0.0)
    own = income_tax_on_return(tables.federal, wages) + additional
    assert np.abs(own - theirs).max() <= 0.51


# OpenTaxSolver ends the process for a single New York return above $5M.
MOST = {"CA": 20e6, "NY": 4.9e6, "MA": 20e6}


def california_rule(filing, wages, difference):
    """Form 540 is in whole dollars, line by line; the tax above $1M (line 62) is in neither number here."""
    return np.abs(difference) <= 1.01


def new_york_rules(filing, wages, difference):
    """Joint returns: the household credit counts spouses (IT-201, table 2); OpenTaxSolver counts one too few, twice.

    At exactly the end of an income range ("not over") it already takes the next one's credit; and where the recapture
    has just begun it still reads the tax from a row.
    """
    credit = (filing == "mfj") & (wages <= 32_000.0) & (difference <= 0.0) & (difference >= -30.0)
    single_credit = (filing == "single") & np.isin(wages, [5e3, 6e3, 7e3, 20e3, 25e3, 28e3])
    return (np.abs(difference) <= 1.51) | credit | single_credit


def massachusetts_rule(filing, wages, difference):
    """Below $24,000 of taxable income OpenTaxSolver adds $25 to it, for the printed table's middle of a row."""
    table = wages - (4_400.0 if filing == "single" else 8_800.0) < 24_000.0
    return np.where(table, np.abs(difference) <= 1.76, np.abs(difference) <= 0.51)


RULES = {"CA": california_rule, "NY": new_york_rules, "MA": massachusetts_rule}


@pytest.mark.parametrize("filing", FILINGS)
@pytest.mark.parametrize("state", RULES)
def test_a_state_return_is_tenfortys_but_for_the_named_rules(state, filing):
    wages = incomes(SEED + 2, MOST[state])
    _, theirs = by_tenforty(state, filing, wages)
    own = income_tax_on_return(load_tax_tables(2025, filing, state).state, wages)
    difference = own - theirs
    unexplained = ~RULES[state](filing, wages, difference)
    assert list(zip(wages[unexplained], difference[unexplained], strict=True)) == []
    above_the_tables = (wages > 120_000.0) & (wages < 1e6)
    assert np.abs(difference)[above_the_tables].max() <= 1.01


@pytest.mark.parametrize(("filing", "tax_class"), [("single", 1), ("mfj", 3)])
def test_german_wage_tax_is_the_ministrys_flow_chart_to_a_few_euros(filing, tax_class):
    """Rule: the flow chart rounds some intermediate amounts up or down to euros, ours rounds income and tax only."""
    wages = incomes(SEED + 3, 1e6)
    tariff = load_tax_tables(2026, filing, country="DE").tariff
    tax = german_income_tax(tariff, german_taxable_wages(tariff, wages))
    surcharge = solidarity_surcharge(tariff, tax)
    for amount, own_tax, own_surcharge in zip(wages, tax, surcharge, strict=True):
        theirs = berechne_lohnsteuer_pap(
            brutto_jahr=float(amount),
            steuerklasse=tax_class,
            bundesland="Nordrhein-Westfalen",
            mit_kirchensteuer=False,
            kinder=0,
            geburtsjahr=1990,
            kv_zusatzbeitrag=2.9,
            ist_sachsen=False,
        )
        assert own_tax == pytest.approx(12.0 * theirs["lohnsteuer_monat"], abs=1.1)
        assert own_surcharge == pytest.approx(12.0 * theirs["soli_monat"], abs=0.2)
