#!/bin/sh
# Puts a JWKS where nginx serves it, in one step, or refuses it if it is not fit to be public:
#   sh publish.sh jwks.json /var/www/moca-air
set -eu
from=$1
to=$2/jwks.json

refuse() {
	echo "$from was not published: $1" >&2
	exit 1
}

[ -r "$from" ] || refuse 'there is no such file, or it may not be read'
keys=$(tr -d '[:space:]' <"$from")
case $keys in
*\\*) refuse 'it has escapes, and so cannot be checked here' ;;
'{"keys":[{'*'}]}') ;;
*) refuse 'it is no JWKS' ;;
esac
members=$(printf '%s' "$keys" | grep -o '"[^"]*":' | sort -u | tr -d '":')
for member in $members; do
	case $member in
	keys | kty | n | e | crv | x | y | kid | alg | use) ;;
	d | p | q | dp | dq | qi | oth | k)
		refuse 'it holds a PRIVATE key. Replace that key if it was ever published'
		;;
	*) refuse "$member does not belong there" ;;
	esac
done
mkdir -p "$2"
cp "$from" "$to.new"
chmod 644 "$to.new"
mv "$to.new" "$to"
echo "Published $to"
