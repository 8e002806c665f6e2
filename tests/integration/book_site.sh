#!/bin/sh
# Goal:   whoever clicks arrives: each link of the site leads to a page, and to a line of code that is there.
# Method: chapters/make.sh into a directory of its own; all links and figures of all its pages are followed.
#         Where pandoc is not installed there is no site.
. tests/integration/lib.sh
command -v pandoc >/dev/null || { skip "the site" "pandoc is not installed"; exit 0; }
export BUILD
PDF=none sh chapters/make.sh "$dir/site" >"$dir/said" 2>&1
ok "the site is made" test $? -eq 0
sed 's/^/# /' "$dir/said"
/usr/bin/python3 - "$dir/site" >"$dir/links" <<'END'
import os, re, sys
from html import unescape
root, ids, bad, followed = sys.argv[1], {}, [], 0
def ids_of(path):
    if path not in ids:
        ids[path] = set(re.findall(r'\bid="([^"]*)"', open(path, encoding="utf-8").read()))
    return ids[path]
for where, _, names in os.walk(root):
    for name in sorted(n for n in names if n.endswith(".html")):
        page = os.path.join(where, name)
        text = open(page, encoding="utf-8").read()
        if where == root:
            bad += [f"{name}: not a link yet: {m}" for m in re.findall(r"\]\([a-z0-9./_-]+\)", re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.S))]
        for link in re.findall(r'\b(?:href|src)="([^"]*)"', text):
            link = unescape(link)
            if re.match(r"[a-z]+:", link) or link.endswith(".svg"):
                continue  # the world's; and figures, which may not be drawn yet
            followed += 1
            file, _, place = link.partition("#")
            target = os.path.normpath(os.path.join(where, file)) if file else page
            if not os.path.isfile(target):
                bad.append(f"{name}: {link}: no such page")
            elif place and place not in ids_of(target):
                bad.append(f"{name}: {link}: no such place")
print("\n".join(bad) or f"{followed} links")
sys.exit(1 if bad or followed < 300 else 0)
END
status=$?
ok "all links lead somewhere ($(tail -n 1 "$dir/links"))" test $status -eq 0
[ $status -eq 0 ] || head -n 20 "$dir/links" | sed 's/^/# /'
for page in chapters/[0-9]*.md; do grep -q "href=\"$(basename "$page" .md).html\"" "$dir/site/index.html" || echo "$page"; done >"$dir/absent"
ok "the contents list each chapter" test ! -s "$dir/absent"
CODE_BASE=https://example.org/ PDF=none sh chapters/make.sh "$dir/elsewhere" >/dev/null 2>&1
ok "or lead to code elsewhere" grep -q 'href="https://example.org/src/[^"]*#L[0-9]' "$dir/elsewhere/12-replication.html"
