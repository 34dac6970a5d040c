# Lighthouse and the libraries it is linked with, and nothing else: no base image, no shell.
#
#   cargo xtask image
#   docker build --tag lighthouse --file Dockerfile target/image
#   docker run --publish 127.0.0.1:3000:3000 --volume lighthouse:/data \
#       --volume /var/run/docker.sock:/var/run/docker.sock --group-add "$(stat -c %g /var/run/docker.sock)" lighthouse
FROM scratch
COPY root /
COPY --chown=65532:65532 data /data
USER 65532:65532
ENV LIGHTHOUSE_DATA=/data LIGHTHOUSE_LISTEN=0.0.0.0:3000
VOLUME /data
EXPOSE 3000
ENTRYPOINT ["/lighthouse"]
CMD ["serve"]
