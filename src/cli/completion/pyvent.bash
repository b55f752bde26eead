# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What bash completes after "pyvent". Installed where package bash-completion looks for it; to have it without that
# package: . pyvent.bash

# Prints the command among the words before the cursor: the first one that is no option and no option's value.
_pyvent_command() {
    local i
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case ${COMP_WORDS[i]} in
        --port | --address | --id | --local-access | --key | --server-key)
            # Bash takes "=" for a word of its own.
            [[ ${COMP_WORDS[i + 1]} == '=' ]] && ((++i))
            ((++i))
            ;;
        -*) ;;
        *)
            printf '%s' "${COMP_WORDS[i]}"
            return
            ;;
        esac
    done
}

_pyvent() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command words
    if [[ $word == '=' ]]; then
        word=''
    elif [[ $option == '=' ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    command=$(_pyvent_command)

    COMPREPLY=()
    case $option in
    --color)
        mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$word")
        return
        ;;
    --address)
        mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
        return
        ;;
    --from-json | --key | --keys | --server-key | --allow | --rules | --password-file | --credentials | --nkey | --ca | \
        --client-cert | --client-key)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --spool)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --local-access)
        mapfile -t COMPREPLY < <(compgen -W 'own everyone group:' -A user -- "$word")
        return
        ;;
    --with)
        mapfile -t COMPREPLY < <(compgen -A command -- "$word")
        return
        ;;
    --port | --id | --sender | --at-most-every | --share | --expect | --count | --interval | --timeout | --events | --size) return ;;
    --prefix | --names | --in | --out | --bus | --user | --spool-size | --keep | --keep-size | --replay-age | --metrics) return ;;
    esac

    case $command in
    '') words='answer ask bench bridge check-rules help keygen listen nodes send serve value wait' ;;
    answer) words='--with --sender --json' ;;
    ask) words='--all --sender --timeout --json' ;;
    bench) words='--events --size --timeout --json' ;;
    bridge)
        words='--prefix --names --in --out --bus --json --user --password-file --credentials --nkey --ca --client-cert
            --client-key --spool --spool-size --keep --keep-size --replay-age --metrics --values'
        ;;
    check-rules) words='--allow --json' ;;
    listen) words='--sender --at-most-every --count --timeout --last --share --json --color' ;;
    nodes) words='--timeout --json --watch' ;;
    send) words='--sender --count --interval --from-json --wait-for-receivers --timeout' ;;
    value) words='--expect --watch --count --timeout --json' ;;
    wait) words='--sender --timeout --json' ;;
    serve) words='--keys --allow --open-to-network --rules --payloads --python-name' ;;
    help | keygen) words='' ;;
    *) return ;;
    esac
    if [[ $word == -* ]]; then
        [[ $command ]] || words=''
        words+=' --port --address --id --no-server --local-access --no-lane --key --server-key -q --quiet -h --help -v --version'
    elif [[ $command == help ]]; then
        words='answer ask bench bridge check-rules help keygen listen nodes send serve value wait'
    elif [[ $command == check-rules ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    elif [[ $command ]]; then
        return # an event's name or an argument, which only the user knows
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _pyvent pyvent
