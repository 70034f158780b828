"""The facemesh expression network: one hidden layer on the shape of the mesh, averaged with its mirror image."""

import torch
from torch import Tensor, nn

from mien.models.face_geometry import MESH_SHAPE, read_neutral_face
from training.facemesh.data import EXPRESSIONS

HIDDEN = 64


class MeshNet(nn.Module):
    """Reads standardised shapes, N x 1407, as eight logits."""

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        """Set up for shapes of this mean and deviation."""
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.layers = nn.Sequential(
            nn.Linear(MESH_SHAPE, HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, len(EXPRESSIONS))
        )

    def forward(self, shape: Tensor) -> Tensor:
        """Return logits, N x 8, in the order of `EXPRESSIONS`."""
        logits: Tensor = self.layers((shape - self.mean) / self.deviation)
        return logits


class Mirror(nn.Module):
    """Turns a shape into that of the face seen in a mirror."""

    def __init__(self) -> None:
        """Pair each vertex with the one on the other side."""
        super().__init__()
        vertices = torch.from_numpy(read_neutral_face().vertices)
        partner = torch.cdist(vertices * torch.tensor([-1.0, 1.0, 1.0]), vertices).argmin(dim=1)
        places = (partner[:, None] * 3 + torch.arange(3)).flatten()
        angles = torch.arange(len(places), MESH_SHAPE)
        signs = torch.tensor([-1.0, 1.0, 1.0]).repeat(len(partner))
        self.register_buffer("order", torch.cat([places, angles]))
        self.register_buffer("signs", torch.cat([signs, torch.tensor([1.0, -1.0, -1.0])]))

    def forward(self, shape: Tensor) -> Tensor:
        """Return the mirrored shape; pitch stays, yaw and roll change their sign."""
        return shape[:, self.order] * self.signs


class ServedNet(nn.Module):
    """Averages a face with its mirror image and divides by the temperature: the graph that is exported."""

    def __init__(self, net: MeshNet, temperature: float) -> None:
        """Wrap a trained network."""
        super().__init__()
        self.net, self.mirror, self.temperature = net, Mirror(), temperature

    def forward(self, shape: Tensor) -> Tensor:
        """Return calibrated logits, N x 8."""
        logits: Tensor = (self.net(shape) + self.net(self.mirror(shape))) / (2 * self.temperature)
        return logits
