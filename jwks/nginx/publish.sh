#!/bin/sh
# Puts a JWKS where nginx serves it, in one step, or refuses it if it is not fit to be public:
#   sh publish.sh jwks.json /var/www/moca-air
# For direct issuance did.json, jwt-vc-issuer.json and air-partner-info.json, too, in one call:
#   sh publish.sh documents/*.json /var/www/moca-air
set -eu

refuse() {
	echo "Nothing was published. $from: $1" >&2
	exit 1
}

# What each file begins with, without blanks, and the members that it may have.
KEY='kty|n|e|crv|x|y|kid|alg|use'
DID='@context|id|verificationMethod|type|controller|publicKeyJwk|assertionMethod|service|serviceEndpoint'

check() {
	from=$1
	[ -r "$from" ] || refuse 'there is no such file, or it may not be read'
	text=$(tr -d '[:space:]' <"$from")
	case $text in
	*\\*) refuse 'it has escapes, and so cannot be checked here' ;;
	esac
	case $(basename "$from"):$text in
	did.json:'{"@context":['*'}') allowed="$DID|$KEY" ;;
	jwt-vc-issuer.json:'{"issuer":"https://'*'}') allowed="issuer|jwks|keys|$KEY" ;;
	air-partner-info.json:'{"partnerId":"'*'"}') allowed='partnerId' ;;
	did.json:* | jwt-vc-issuer.json:* | air-partner-info.json:*) refuse 'it is not that document' ;;
	*:'{"keys":[{'*'}]}') allowed="keys|$KEY" ;;
	*) refuse 'it is not a JWKS' ;;
	esac
	members=$(printf '%s' "$text" | grep -o '"[^"]*":' | sort -u | tr -d '":')
	for member in $members; do
		case "|$allowed|" in
		*"|$member|"*) continue ;;
		esac
		case $member in
		d | p | q | dp | dq | qi | oth | k)
			refuse 'it holds a PRIVATE key. Replace that key if it was ever published'
			;;
		*) refuse "$member does not belong there" ;;
		esac
	done
}

# A JWKS may have any name; the others are known by theirs.
target() {
	case $(basename "$1") in
	did.json | jwt-vc-issuer.json | air-partner-info.json) basename "$1" ;;
	*) echo jwks.json ;;
	esac
}

[ $# -ge 2 ] || {
	echo 'Call it as: sh publish.sh FILE... FOLDER' >&2
	exit 2
}
for folder; do :; done
targets=
for file; do
	[ "$file" = "$folder" ] && continue
	check "$file"
	case $targets in
	*"/$(target "$file")/"*) refuse 'it would replace another file of this call: put the keys of both into one file' ;;
	esac
	targets="$targets/$(target "$file")/"
done
mkdir -p "$folder"
for file; do
	[ "$file" = "$folder" ] && continue
	to=$folder/$(target "$file")
	cp "$file" "$to.new"
	chmod 644 "$to.new"
	mv "$to.new" "$to"
	echo "Published $to"
done
