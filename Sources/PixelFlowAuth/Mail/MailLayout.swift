import Mustache

/// Renders messages as text, and as HTML that loads no external resources and is legible in light and dark mode.
struct MailLayout: Sendable {
    private let textTemplate: MustacheTemplate
    private let htmlTemplate: MustacheTemplate

    /// - Throws: if a template is invalid, which a test detects.
    init() throws {
        textTemplate = try MustacheTemplate(string: Self.textSource)
        htmlTemplate = try MustacheTemplate(string: Self.htmlSource)
    }

    func text(_ letter: Letter) -> String { textTemplate.render(letter) }

    func html(_ letter: Letter) -> String { htmlTemplate.render(letter) }

    private static let textSource = """
        {{% CONTENT_TYPE: TEXT}}
        {{heading}}

        {{#paragraphs}}
        {{.}}

        {{/paragraphs}}
        {{#figures}}
        {{label}}: {{number}}
        {{/figures}}
        {{#items}}

        {{title}}
        {{text}} ({{code}})
        {{link}}
        {{/items}}
        {{#more}}

        {{.}}
        {{/more}}
        {{^empty(figures)}}

        {{/empty(figures)}}
        {{action}}:
        {{link}}

        {{#notes}}
        {{.}}
        {{/notes}}
        {{#stop}}
        No more messages like this one: {{.}}
        {{/stop}}

        --\u{20}
        PixelFlow

        """

    /// Styles are inline because some mail clients drop those of the head; the head contains only those of dark mode. The layout uses
    /// tables because some mail clients support no other layout.
    private static let htmlSource = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="supported-color-schemes" content="light dark">
        <title>{{subject}}</title>
        <style>
        :root { color-scheme: light dark; supported-color-schemes: light dark; }
        @media (prefers-color-scheme: dark) {
        .page { background: #0f1419 !important; }
        .card { background: #1a2129 !important; border-color: #303a45 !important; }
        .ink { color: #e8edf2 !important; }
        .soft { color: #a3b0bd !important; }
        .link { color: #8ab8ff !important; }
        .item { border-color: #ff8a80 !important; }
        .button { background: #8ab8ff !important; color: #0b1a30 !important; }
        }
        </style>
        </head>
        <body class="page" style="margin:0;padding:0;background:#f3f5f8;">
        <table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f3f5f8;">
        <tr><td align="center"
            style="padding:32px 16px;">
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;">
        <tr><td class="soft"
            style="padding:0 8px 12px;font:600 15px/1.4 system-ui,-apple-system,'Segoe UI',sans-serif;color:#566270;">PixelFlow</td></tr>
        <tr><td class="card"
            style="background:#ffffff;border:1px solid #dde3ea;border-radius:14px;padding:32px;">
        <h1 class="ink"
            style="margin:0 0 16px;font:600 22px/1.3 system-ui,-apple-system,'Segoe UI',sans-serif;color:#17202a;">{{heading}}</h1>
        {{#paragraphs}}
        <p class="ink"
            style="margin:0 0 24px;font:400 16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif;color:#17202a;overflow-wrap:anywhere;">{{.}}</p>
        {{/paragraphs}}
        {{^empty(figures)}}
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
            style="margin:0 0 24px;table-layout:fixed;"><tr>
        {{/empty(figures)}}
        {{#figures}}
        <td class="ink" width="33%" valign="top"
            style="font:600 17px/1.4 system-ui,-apple-system,'Segoe UI',sans-serif;color:#17202a;overflow-wrap:anywhere;">{{number}}<br><span class="soft"
            style="font:400 13px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#566270;">{{label}}</span></td>
        {{/figures}}
        {{^empty(figures)}}
        </tr></table>
        {{/empty(figures)}}
        {{#items}}
        <p class="ink item"
            style="margin:0 0 16px;padding:0 0 0 14px;border-left:3px solid #c8362b;font:400 15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#17202a;overflow-wrap:anywhere;"><a class="link" href="{{link}}"
            style="font-weight:600;color:#1d5fd0;">{{title}}</a><br>{{text}}<br><span class="soft"
            style="font:400 13px/1.5 ui-monospace,monospace;color:#566270;">{{code}}</span></p>
        {{/items}}
        {{#more}}
        <p class="soft"
            style="margin:0 0 24px;font:400 15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#566270;">{{.}}</p>
        {{/more}}
        <a class="button" href="{{link}}"
            style="display:inline-block;background:#1d5fd0;color:#ffffff;border-radius:10px;padding:12px 22px;font:600 16px/1.3 system-ui,-apple-system,'Segoe UI',sans-serif;text-decoration:none;">{{action}}</a>
        <p class="soft"
            style="margin:24px 0 4px;font:400 13px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#566270;">If the button does not work, open this address:</p>
        <p
            style="margin:0;font:400 13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere;word-break:break-all;"><a class="link" href="{{link}}" style="color:#1d5fd0;">{{link}}</a></p>
        </td></tr>
        <tr><td
            style="padding:16px 8px 0;">
        {{#notes}}
        <p class="soft"
            style="margin:0 0 6px;font:400 13px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#566270;">{{.}}</p>
        {{/notes}}
        {{#stop}}
        <p class="soft"
            style="margin:0 0 6px;font:400 13px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#566270;"><a class="link" href="{{.}}" style="color:#1d5fd0;">No more messages like this one</a></p>
        {{/stop}}
        </td></tr>
        </table>
        </td></tr>
        </table>
        </body>
        </html>

        """
}
