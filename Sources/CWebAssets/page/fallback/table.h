static const unsigned char index_html[] = {
#embed "index.html"
};

static const struct pf_web_asset files[] = {
    {.path = "/index.html", .type = "text/html; charset=utf-8", .bytes = index_html, .length = sizeof(index_html)},
};
