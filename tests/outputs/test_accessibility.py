"""The accessibility statement says what the test of all pages leaves out."""

from forecasting.outputs import accessibility
from forecasting.outputs.accessibility import Known, statement


def test_what_the_test_leaves_out_is_in_the_statement(monkeypatch):
    known = Known("color-contrast", "<b", "1.4.3 Contrast (AA)", "Pale text.")
    monkeypatch.setattr(accessibility, "STREAMLIT", (known,))
    told = statement()
    rows = told.tables[0].frame.iloc[0].tolist()
    assert rows == ["1.4.3 Contrast (AA)", "Streamlit, axe rule color-contrast", "Pale text."]
    assert "finds 1 kind of violation" in told.sections[0].text


def test_it_says_what_was_not_checked():
    assert "Not checked" in statement().tables[1].frame["How"].tolist()
