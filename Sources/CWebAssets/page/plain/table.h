static const unsigned char index_html[] = {
#embed "index.html"
};

static const unsigned char app_js[] = {
#embed "app.js"
};

static const unsigned char app_css[] = {
#embed "app.css"
};

static const struct pf_web_asset files[] = {
    {.path = "/index.html", .type = "text/html; charset=utf-8", .bytes = index_html, .length = sizeof(index_html)},
    {.path = "/app.js", .type = "text/javascript; charset=utf-8", .bytes = app_js, .length = sizeof(app_js)},
    {.path = "/app.css", .type = "text/css; charset=utf-8", .bytes = app_css, .length = sizeof(app_css)},
};
