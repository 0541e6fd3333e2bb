# Completion of `daybook` for bash. Install as /usr/share/bash-completion/completions/daybook, or source it.

_daybook_fields="tenant log product category action activity outcome reason actor ip target object user domain status
  method url session country city phone gateway campaign actor.name actor.type source.ip target.type target.name"

_daybook() {
  local current previous command options
  current=${COMP_WORDS[COMP_CWORD]}
  previous=${COMP_WORDS[COMP_CWORD - 1]}
  command=${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "serve import search stats export retention user grant key tenant fsck backup restore version help" -- "$current"))
    return
  fi
  case $command in
    serve) options="--data --listen --backup-dir --geo --demo --max-connections --client-timeout-s --query-timeout-ms
      --query-memory-mib --export-keep-h --tls-cert --tls-key --trusted-proxy --oidc --smtp-url --mail-from --session-idle-min
      --session-max-h --help" ;;
    import) options="--url --data --tz --format --tenant --log --map --year --dry-run --verbose --help" ;;
    search) options="--url --data --query --from --to --limit --order --tz --json --csv --color --help" ;;
    stats) options="--url --data --query --from --to --limit --tz --json --top --help" ;;
    export) options="--url --data --query --from --to --order --tz --format --output --verbose --help" ;;
    retention) options="--url --data --json --help" ;;
    user) options="--url --data --tenant --role --logs --products --name --email --prefix --json --help" ;;
    grant) options="--url --data --tenant --role --logs --products --json --help" ;;
    key) options="--url --data --tenant --role --logs --products --addresses --expires --overlap-h --prefix --json
      --help" ;;
    tenant) options="--url --data --json --help" ;;
    fsck) options="--data --repair --verbose --help" ;;
    backup) options="--url --data --verbose --help" ;;
    restore) options="--data --verbose --help" ;;
    version) options="--help" ;;
    help) options="--help" ;;
    *) options="" ;;
  esac
  case $previous in
    --geo) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
    --data | --backup-dir) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")); return ;;
    --map | -m | --output | -o) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); return ;;
    --format | -f)
      if [ "$command" = import ]; then
        COMPREPLY=($(compgen -W "ndjson csv sshd combined cloudtrail twilio" -- "$current"))
      else
        COMPREPLY=($(compgen -W "csv ndjson" -- "$current"))
      fi
      return ;;
    --role) COMPREPLY=($(compgen -W "operator admin auditor viewer writer reader" -- "$current")); return ;;
    --order) COMPREPLY=($(compgen -W "newest oldest" -- "$current")); return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$current")); return ;;
    --log) COMPREPLY=($(compgen -W "panel api" -- "$current")); return ;;
    --top) COMPREPLY=($(compgen -W "$_daybook_fields" -- "$current")); return ;;
    --from | --to) COMPREPLY=($(compgen -W "now now-1h now-24h now-7d now-30d" -- "$current")); return ;;
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  if [ "$COMP_CWORD" -eq 2 ]; then
    case $command in
      user) COMPREPLY=($(compgen -W "add list disable enable password remove" -- "$current")); return ;;
      grant) COMPREPLY=($(compgen -W "add list remove" -- "$current")); return ;;
      key) COMPREPLY=($(compgen -W "add list rotate revoke" -- "$current")); return ;;
      tenant) COMPREPLY=($(compgen -W "list name close open" -- "$current")); return ;;
    esac
  fi
  case $command in
    import | backup | restore | fsck)
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$current")) ;;
    help) COMPREPLY=($(compgen -W "serve import search stats export retention user grant key tenant fsck backup restore version" -- "$current")) ;;
    search | stats | export)
      # Behind a field's colon, which ends a word for bash, stands a value.
      if [[ $current == *:* || $previous == : ]]; then return; fi
      compopt -o nospace 2>/dev/null
      COMPREPLY=($(compgen -S : -W "$_daybook_fields" -- "$current")) ;;
  esac
}
complete -F _daybook daybook
