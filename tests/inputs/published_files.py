"""Small files in the layouts of ONS, the register of schools and section 251, for the corpus and the fuzz tests."""

from __future__ import annotations

ABOUT = [["key", "value"], ["authority_code", "901"], ["authority_name", "Ashby"], ["base_year", "2024"]]
PUPILS = [["year", "pupils"], ["2023", "40000"], ["2024", "41000"]]
PEOPLE = [
    ["AREA_CODE", "AREA_NAME", "SEX", "AGE_GROUP", "2022", "2023"],
    ["E99000901", "Ashby", "persons", "0", "120", "132"], ["E99000901", "Ashby", "persons", "1", "240", "252"],
    ["E99000901", "Ashby", "persons", "90 and over", "7", "8"],
    ["E99000901", "Ashby", "persons", "All ages", "9999", "9999"],
    ["E99000902", "Birch", "persons", "0", "1", "1"], ["E99000902", "Birch", "persons", "1", "1", "1"],
]  # fmt: skip
BIRTHS = [
    ["Area code", "Area name", "Year", "Live births"], ["E99000901", "Ashby", "2020", "365"],
    ["E99000901", "Ashby", "2021", "730"], ["E99000902", "Birch", "2020", "1"],
]  # fmt: skip
SCHOOLS = [
    ["URN", "LA (code)", "LA (name)", "EstablishmentName", "TypeOfEstablishment (name)", "EstablishmentStatus (name)",
     "StatutoryLowAge", "StatutoryHighAge", "SchoolCapacity", "NumberOfPupils", "SEN1 (name)", "SEN2 (name)",
     "ResourcedProvisionOnRoll", "ResourcedProvisionCapacity", "SenUnitOnRoll", "SenUnitCapacity"],
    ["1", "901", "Ashby", "Oak", "Community special school", "Open", "4", "19", "100", "104",
     "ASD - Autistic Spectrum Disorder", "SLD - Severe Learning Difficulty", "", "", "", ""],
    ["2", "901", "Ashby", "Elm", "Academy converter", "Open", "4", "11", "420", "400",
     "SLCN - Speech, language and Communication", "", "9", "10", "5", "6"],
    ["3", "901", "Ashby", "Old", "Foundation special school", "Closed", "4", "11", "50", "0", "", "", "", "", "", ""],
    ["4", "901", "Ashby", "Oak", "Other independent special school", "Open", "8", "19", "0", "", "", "", "", "", "",
     ""],
    ["5", "902", "Birch", "Ash", "Community special school", "Open", "4", "19", "80", "80", "", "", "", "", "", ""],
    ["6", "901", "Ashby", "Odd", "Moon school", "Open", "4", "19", "80", "80", "", "", "", "", "", ""],
]  # fmt: skip
LINES = [
    ["time_period", "time_identifier", "geographic_level", "old_la_code", "new_la_code", "la_name",
     "main_category_planned_expenditure", "category_of_planned_expenditure", "gross_planned_expenditure", "income",
     "net_planned_expenditure"],
    ["202425", "Financial year", "Local authority", "901", "E99000901", "Ashby", "High needs budget",
     "1.2.1 Top-up funding - maintained schools", "1000", "100", "900"],
    ["202425", "Financial year", "Local authority", "901", "E99000901", "Ashby", "High needs budget",
     "1.2.5 SEN support service", "z", "z", "z"],
    ["202425", "Financial year", "Local authority", "901", "E99000901", "Ashby", "Total", "Total high needs", "1000",
     "", "900"],
    ["202425", "Financial year", "National", "", "", "", "High needs budget", "1.2.1 Top-up", "9", "9", "9"],
    ["202425", "Financial year", "Local authority", "902", "E99000902", "Birch", "High needs budget", "1.2.1", "9", "9",
     "9"],
]  # fmt: skip
PUBLISHED = {"people": PEOPLE, "births": BIRTHS, "schools": SCHOOLS, "lines": LINES}
