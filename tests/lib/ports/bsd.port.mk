# What of FreeBSD's ports a port of ours uses, for bmake elsewhere: tests/cli/package_of_freebsd.sh.
# WRKSRC and STAGEDIR come from outside; the rest is as in the ports' own bsd.port.mk.
PREFIX?=	/usr/local
DATADIR?=	${PREFIX}/share/${PORTNAME}
TMPPLIST?=	${STAGEDIR}.plist
FIND=		find
SORT=		sort
ALL_TARGET?=	all
INSTALL_TARGET?=	install
MAKE_ARGS+=	DESTDIR=${STAGEDIR}
# cli/without_libfdisk builds without it; here it would be built anew for nothing.
MAKE_ARGS:=	${MAKE_ARGS:NFDISK=0}

stage: do-install post-install compress-man
do-build:
	cd ${WRKSRC} && make -f ${MAKEFILE} ${MAKE_ARGS} ${ALL_TARGET}
do-install: do-build
	cp ${.CURDIR}/pkg-plist ${TMPPLIST}
	cd ${WRKSRC} && make -f ${MAKEFILE} ${MAKE_ARGS} ${INSTALL_TARGET}
post-install: do-install
compress-man: do-install
	gzip -n ${STAGEDIR}${PREFIX}/share/man/man?/*
