"""``--format html``: the answer as one page that needs nothing but itself, to read, print or attach to a ticket.

``page`` puts it together, ``elements`` makes elements of which all text is escaped, and each part of the page has a
module. ``style.css`` and ``script.js`` are read as they are; the page works without the script, too.
"""
