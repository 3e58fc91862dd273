"""The report in a real browser: what moves, what tells its numbers, what it asks for."""

import base64
import json
import re

import pytest
from made_day import Change, made_inputs

from storeday.report import day_page

pytestmark = pytest.mark.browser

HATCHED_HOUR = 14


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "day.html"
    path.write_text(day_page(made_inputs(Change(lost_camera_hour=HATCHED_HOUR))), "utf-8")
    return path


@pytest.fixture
def page(chromium, page_file):
    """The page, freshly loaded, light, 1280 pixels wide."""
    return opened(chromium, page_file)


def opened(browser, path, width=1280, scheme="light", scripts=True):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    browser.get("about:blank")
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(path.as_uri())
    if scripts:
        browser.execute_script("try { localStorage.clear() } catch {}")
    return browser


def find(page, selector):
    return page.find_element("css selector", selector)


def heat_paths(page):
    return page.execute_script(
        "return [...document.querySelectorAll('.heat-cells path')].map((p) => p.getAttribute('d'))"
    )


def press(page, *keys):
    from selenium.webdriver import ActionChains

    ActionChains(page).send_keys(*keys).perform()


def scroll_to(page, element):
    """Scrolls to an element and waits until that was told to the page."""
    page.execute_async_script(
        "const done = arguments[1];"
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'});"
        "requestAnimationFrame(() => requestAnimationFrame(() => done()));",
        element,
    )


def tip(page):
    return page.execute_script(
        "const t = document.getElementById('tip'); return t.hidden ? null : t.textContent"
    )


def point_at_cell(page, x, y):
    """Moves the pointer to the middle of a cell of the heatmap."""
    from selenium.webdriver import ActionChains

    svg = find(page, "#heat-map svg")
    scroll_to(page, svg)
    place = page.execute_script(
        """
        const svg = arguments[0], m = Number(svg.dataset.margin), h = Number(svg.dataset.height);
        const p = new DOMPoint(m + (arguments[1] + 0.5) / 2, m + h - (arguments[2] + 0.5) / 2)
            .matrixTransform(svg.getScreenCTM());
        const b = svg.getBoundingClientRect();
        return [p.x - b.x - b.width / 2, p.y - b.y - b.height / 2];
        """,
        svg,
        x,
        y,
    )
    chain = ActionChains(page)
    chain.move_to_element_with_offset(svg, round(place[0]), round(place[1])).perform()


def made_cells(hour=None, x=None, y=None):
    rows = made_inputs(Change(lost_camera_hour=HATCHED_HOUR)).today.rows("gold.heatmap_hourly")
    return [
        row
        for row in rows
        if (hour is None or row["local_hour"] == hour)
        and (x is None or (row["cell_x"], row["cell_y"]) == (x, y))
    ]


def test_the_slider_moves_and_the_map_with_it(page):
    from selenium.webdriver.common.keys import Keys

    day = heat_paths(page)
    slider = find(page, "#hour")
    slider.send_keys(Keys.ARROW_RIGHT)
    nine = heat_paths(page)
    slider.send_keys(Keys.ARROW_RIGHT)
    assert len({tuple(day), tuple(nine), tuple(heat_paths(page))}) == 3
    assert find(page, "#hour-shown").text == "10:00–11:00"
    assert slider.get_attribute("aria-valuetext") == "10:00–11:00"
    slider.send_keys(Keys.HOME)
    assert heat_paths(page) == day


def test_as_many_cells_are_coloured_as_somebody_was_in(page):
    from selenium.webdriver.common.keys import Keys

    find(page, "#hour").send_keys(Keys.ARROW_RIGHT)
    cells = sum(int(run) for run in re.findall(r"h(\d+)v", "".join(heat_paths(page))))
    assert cells == len(made_cells(hour=9))


def test_layers_change_the_map(page):
    drawn = {tuple(heat_paths(page))}
    for layer in ("1", "2"):
        find(page, f"input[name=layer][value='{layer}'] + span").click()
        drawn.add(tuple(heat_paths(page)))
    # Time stayed is nine seconds a visit on this day: the same colours, told in other units.
    assert len(drawn) == 2
    assert find(page, ".legend .unit").text == "products handled"


def test_hover_tells_the_numbers_of_a_place(page):
    from selenium.webdriver.common.keys import Keys

    row = max(made_cells(hour=9), key=lambda row: row["visits"])
    find(page, "#hour").send_keys(Keys.ARROW_RIGHT)
    point_at_cell(page, row["cell_x"], row["cell_y"])
    told = tip(page).split("\n")
    assert told[1:] == [
        f"{row['visits']} visitors",
        f"{row['stay_s']:.0f} s stayed"
        if row["stay_s"] < 90
        else f"{round(row['stay_s'] / 60)} min stayed",
        f"{row['pick_ups']} products handled",
        "09:00–10:00",
    ]


def test_an_hour_without_cameras_is_told_as_not_seen(page):
    from selenium.webdriver.common.keys import Keys

    find(page, "#hour").send_keys(*[Keys.ARROW_RIGHT] * (HATCHED_HOUR - 8))
    assert find(page, "#hour-shown").text == "14:00–15:00"
    assert not "".join(heat_paths(page))
    unseen = find(page, ".heat-unseen path").get_attribute("d")
    assert sum(int(run) for run in re.findall(r"h(\d+)v", unseen)) == 28 * 18
    point_at_cell(page, 4, 7)
    assert tip(page) == "Coats, 2.3 m right, 3.8 m up\nnot seen, 14:00–15:00"


def test_arrow_keys_read_the_map(page):
    from selenium.webdriver.common.keys import Keys

    find(page, "#heat-map").send_keys(Keys.ARROW_LEFT)
    first = find(page, "#heat-readout").text
    press(page, Keys.ARROW_UP)
    assert "visitors, hours added up" in first
    assert find(page, "#heat-readout").text != first


def test_marks_tell_their_numbers_on_focus_and_are_walked_by_arrows(page):
    from selenium.webdriver.common.keys import Keys

    marks = page.find_elements("css selector", ".wide .hour-chart [data-tip]")
    page.execute_script("arguments[0].focus()", marks[0])
    assert tip(page).startswith("09:00–10:00\n12 came in")
    press(page, Keys.ARROW_RIGHT)
    assert tip(page).startswith("10:00–11:00")
    press(page, Keys.ESCAPE)
    assert tip(page) is None


def test_hover_tells_the_numbers_of_a_flow(page):
    from selenium.webdriver import ActionChains

    flow = find(page, ".wide .sankey .flow[data-tip]")
    scroll_to(page, flow)
    ActionChains(page).move_to_element(flow).perform()
    assert "of those who came in" in tip(page)


def test_tab_reaches_every_control_in_order(page):
    from selenium.webdriver.common.keys import Keys

    page.execute_script("document.activeElement.blur()")
    reached = []
    while reached.count("theme") < 2 and len(reached) < 400:
        press(page, Keys.TAB)
        reached.append(
            page.execute_script(
                "const e = document.activeElement;"
                "if (e.closest('.hour-chart')) return 'chart';"
                "return e.id || e.name || e.className || e.tagName"
            )
        )
    wanted = ["theme", "layer", "hour", "heat-map", "chart", "flow-zone", "show-all"]
    places = [reached.index(name) for name in wanted]
    assert places == sorted(places)
    # A chart is one stop, not one for each of its marks: people who came, people inside, waiting.
    assert reached.count("chart") == 3


def test_a_flow_zone_dims_the_others(page):
    find(page, "#flow-zone option[value='denim']").click()
    flows = page.execute_script(
        "return [...document.querySelectorAll('.flow')].map((f) =>"
        " [f.dataset.from === 'denim' || f.dataset.to === 'denim', f.classList.contains('dim')])"
    )
    assert flows
    assert all(is_of != is_dim for is_of, is_dim in flows)


def test_headings_sort_tables(page):
    heading = page.find_elements("css selector", "#zones thead button")[1]
    scroll_to(page, heading)

    def visits():
        cells = page.find_elements("css selector", "#zones tbody tr td:nth-child(2)")
        return [float(cell.get_attribute("data-order")) for cell in cells]

    heading.click()
    down = visits()
    heading.click()
    assert down == sorted(down, reverse=True)
    assert visits() == sorted(down)


def test_nothing_is_asked_of_the_network_and_nothing_goes_wrong(page, page_file):
    point_at_cell(page, 4, 4)
    asked = [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in page.get_log("performance")
        if '"Network.requestWillBeSent"' in entry["message"]
    ]
    assert asked == [page_file.as_uri()]
    assert page.get_log("browser") == []


def test_dark_follows_the_system_and_the_button(chromium, page_file):
    page = opened(chromium, page_file, scheme="dark")

    def brightness():
        colour = page.execute_script("return getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3

    assert brightness() < 60
    find(page, "#theme").click()
    assert brightness() > 200
    find(page, "#theme").click()
    assert brightness() < 60


def test_paper_has_no_controls_and_is_white_in_the_dark_too(chromium, page_file):
    page = opened(chromium, page_file, scheme="dark")
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [dark]})
    shown = page.execute_script(
        "return ['.top', '.controls', '.show-all'].map((s) =>"
        " getComputedStyle(document.querySelector(s)).display)"
    )
    assert shown == ["none", "none", "none"]
    colour = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(255, 255, 255)"
    printed = page.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    pdf = base64.b64decode(printed["data"])
    assert pdf.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 14


def test_without_scripts_all_is_there(chromium, page_file):
    page = opened(chromium, page_file, scripts=False)
    drawn = page.find_elements("css selector", ".heat-cells path")
    assert any(path.get_attribute("d") for path in drawn)
    assert not find(page, ".controls").is_displayed()
    rows = page.find_elements("css selector", "#handled tbody tr")
    assert len(rows) == 35
    assert all(row.is_displayed() for row in rows)
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_is_never_wider_than_the_screen(chromium, page_file, width):
    page = opened(chromium, page_file, width=width)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_on_a_phone_charts_are_the_narrow_ones(chromium, page_file):
    page = opened(chromium, page_file, width=390)
    assert find(page, ".narrow .hour-chart").is_displayed()
    assert not find(page, ".wide .hour-chart").is_displayed()
    size = page.execute_script(
        "const t = document.querySelector('.narrow .hour-chart text');"
        "return t.getBoundingClientRect().height"
    )
    assert size >= 11


def test_flows_of_an_hour_take_the_place_of_the_day(page):
    shown = (
        "return [...document.querySelectorAll('.of-hour')].filter((part) => part.getClientRects()"
        ".length && getComputedStyle(part).display !== 'none').map((part) => part.dataset.hour)"
    )
    assert page.execute_script(shown) == ["0", "0"]
    slider = find(page, "#flow-hour")
    scroll_to(page, slider)
    page.execute_script("arguments[0].focus()", slider)
    press(page, "\ue014")
    assert page.execute_script(shown) == ["1", "1"]
    assert find(page, "#flow-hour-shown").text == "09:00–10:00"
    # The drawing's tab stop is a mark of the hour that is shown, and arrow keys stay within it.
    stop = "return document.querySelector('.flow-map [tabindex=\"0\"]')"
    mark = page.execute_script(stop)
    page.execute_script("arguments[0].focus()", mark)
    press(page, "\ue014")
    focused = "return document.activeElement.closest('.of-hour').dataset.hour"
    assert page.execute_script(focused) == "1"
    assert "moves" in tip(page)
