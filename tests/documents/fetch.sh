#!/bin/sh
# Puts large documents of others into .documents/, one folder each, for the tests that read them: none of it is committed.
# A document is a folder beside this file with package.json, package-lock.json and recipe.sh (fills the folder that it is
# given). The stamp of a document is the digest of all of that.
set -eu
manifests=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$manifests/../.." && pwd)/.documents

digest() {
    (cd "$1" && for file in .[!.]* *; do [ -f "$file" ] && echo "== $file" && cat "$file"; done) |
        { sha256sum || shasum -a 256; } 2>/dev/null | cut -c1-16
}

mkdir -p "$home"
for recipe in "$manifests"/*/recipe.sh; do
    name=$(basename "$(dirname "$recipe")")
    stamp=$home/$name/made-$(digest "$manifests/$name")
    [ -e "$stamp" ] && continue
    echo "fetching the document of $name"
    rm -rf "$home/$name" "$home/$name.partial"
    mkdir -p "$home/$name.partial"
    sh "$recipe" "$home/$name.partial"
    mv "$home/$name.partial" "$home/$name"
    touch "$stamp"
done
