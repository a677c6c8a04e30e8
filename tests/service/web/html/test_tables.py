from service.web.html.tables import labelled


def test_each_cell_bears_the_heading_of_its_column_and_a_row_heading_none() -> None:
    head = '<thead><tr><th scope="col">A</th><th class="num"><a href="/x">B &amp; "c"</a></th></tr></thead>'
    body = '<tbody><tr>\n<th scope="row">r</th><td class="num">1</td></tr></tbody>'
    assert labelled(head + body) == head + body.replace("<td ", '<td data-label="B &amp; &#34;c&#34;" ')


def test_a_cell_over_several_columns_bears_none_and_moves_the_next_ones_on() -> None:
    head = "<thead><tr><th>A</th><th>B</th><th>C</th></tr></thead>"
    body = (
        '<tbody><tr><td colspan="2">none</td><td>3</td></tr><tr><td>1</td><td>2</td><td>3</td><td>4</td></tr></tbody>'
    )
    assert labelled(head + body) == head + (
        '<tbody><tr><td colspan="2">none</td><td data-label="C">3</td></tr>'
        '<tr><td data-label="A">1</td><td data-label="B">2</td><td data-label="C">3</td><td>4</td></tr></tbody>'
    )
