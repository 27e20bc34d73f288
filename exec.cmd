@rem npm start says "exec node ...": on Linux and macOS Ctrl-C then reaches the app and not a shell in between.
@rem cmd has no exec; this stands in for it.
@%*
