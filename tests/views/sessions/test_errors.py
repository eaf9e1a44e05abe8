"""What somebody reads when something went wrong."""

from flask.testing import FlaskClient

from tests.support.cast import Cast


def test_a_page_that_is_not_there_says_so_and_leads_on(client: FlaskClient, cast: Cast) -> None:
    page = client.get("/nothing/here")

    assert page.status_code == 404
    assert "There is nothing here" in page.text.partition("<h1")[2]
    assert 'href="/"' in page.text
